"""Published data sets and folders of photographs, read into the project's own tables.

Image tables come without `width` and `height`: `images.inspection.inspect_images` adds them from the
pictures.
"""
