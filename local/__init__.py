"""What runs only on a developer's machine: the local world and the simulated providers."""
