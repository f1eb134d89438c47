"""What the functions write to standard output: only how much of it CloudWatch would bill is kept."""

import re

LOG_OVERHEAD = 26  # bytes that CloudWatch counts for each line


class Logged:
    """Standard output, of which is only known how many lines and bytes CloudWatch would bill."""

    METRIC = re.compile(r'"Metrics": ?\[')

    def __init__(self) -> None:
        self.bytes = 0
        self.lines = 0
        self.of_metrics = 0  # bytes, of the whole

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if not line:
                continue
            size = len(line.encode()) + LOG_OVERHEAD
            self.lines += 1
            self.bytes += size
            if self.METRIC.search(line):
                self.of_metrics += size
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class Output:
    """Where the functions write: a logger keeps the output that it began with, whichever stage is set."""

    def __init__(self) -> None:
        self.logged = Logged()

    def write(self, text: str) -> int:
        return self.logged.write(text)

    def flush(self) -> None:
        """Nothing is held back."""


OUTPUT = Output()
