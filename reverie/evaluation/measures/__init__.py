"""What can be measured of one clip by its signal."""
