"""Who may come in and what they may do: accounts, keys, sessions, one-time links, and the delay
after failed sign-ins.
"""
