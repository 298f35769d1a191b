"""Peers: who has done it, who across the Pacific could fit, who near is connected already; each with reasons in words.

``world`` is what is known of all places and their ties, ``rules`` compare two of them, ``finding`` answers a place's
questions, ``evaluation`` measures how well the rules find ties that were hidden from them.
"""
