"""The only door to MRML: the library's data into a scene, and back.

Every function takes the scene as its first argument and returns node ids. Nothing here needs the Slicer
application, so the same code fills the scene of Slicer, of the desktop reader and of the command line.
"""
