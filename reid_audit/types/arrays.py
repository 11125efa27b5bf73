"""Read-only arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["frozen_array"]


def frozen_array(values: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """Return ``values`` as a read-only array, without a copy where there need be none.

    Parameters
    ----------
    values : array_like
    dtype : dtype, optional

    Returns
    -------
    numpy.ndarray
        A view marked read-only; the array that came in stays as writeable as it was.
    """
    view = np.asarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
