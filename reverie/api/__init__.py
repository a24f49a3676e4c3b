"""What a script, a notebook, the command line and a page hold: Corpus, Run, Clip, Stream.

Everything here is also an attribute of `reverie`, loaded when it is first asked for.
"""
