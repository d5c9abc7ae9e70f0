"""The inspector: pages in the browser that show a memory's file, and change it.

`litemem.inspector.app` makes the application, `security` decides who may use it. Both need the
extra `litemem[serve]`.
"""
