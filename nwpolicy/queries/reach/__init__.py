"""Who can reach whom in an estate, on which protocols and ports: all of it at once, by classes of interfaces."""
