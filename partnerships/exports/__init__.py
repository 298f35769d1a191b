"""The listing in other shapes. Each holds every match of the same filters, in the same order, in bounded memory."""
