"""Faults on purpose: killed processes, full disks, jumping clocks, restarted databases. Run by make faults."""
