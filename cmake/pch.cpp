// Nothing but a place to build the precompiled header from.
