"""The inspector of a memory without models."""

import pytest

pytest.importorskip("starlette", reason="needs the extra litemem[serve]")
