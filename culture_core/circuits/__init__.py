"""Attribution graphs: from the cells of a quiz through SAE features to one cell of the answer."""
