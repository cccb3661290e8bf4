"""When non-cooperation is a pattern, and when it is not."""

from attribution.extras import Extra, require

require("attribution.pattern", Extra.HOTLINE, "numpy", "scipy", "jinja2")
