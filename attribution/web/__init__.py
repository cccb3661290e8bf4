"""The service: the library over HTTP, and the analysts' page. Needs the extra `hotline`.

>>> from attribution.web.app import create_app
>>> from attribution.web.service import Service
"""

from attribution.extras import Extra, require

require("attribution.web", Extra.HOTLINE)
