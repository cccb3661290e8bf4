"""The service: the library over HTTP, and the analysts' page. Needs the extra `web`.

>>> from attribution.web.app import create_app
>>> from attribution.web.service import Service
"""
