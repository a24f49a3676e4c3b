"""Does a clip repeat the training recordings?"""
