"""A catalogue of attention heads: where each looks, what it copies, what needs it, and who shares it."""
