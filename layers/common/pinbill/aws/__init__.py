"""How the functions call AWS's services themselves: by signed JSON over connections that are kept."""
