"""What a population holds, opened once: GPTs, SAEs, indexes, figures."""
