"""The duty desk (值班台): what duty staff look at and act by. The only room that knows NiceGUI.

View models and words are pure modules; what is seen is made of them by a few Vue components in `assets/`. Live pages
hang on one poller a process. What a person does goes by HTTP, not by the page's socket: an answer says that it is
stored, and where none comes the page says so.
"""
