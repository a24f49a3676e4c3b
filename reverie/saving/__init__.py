"""Take clips away: in any format, trimmed or looped, into a folder or a zip."""
