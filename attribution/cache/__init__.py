"""What was learnt, kept between runs: answers as JSON text,
never pickles, readable by their owner only.
"""
