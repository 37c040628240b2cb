"""What the tests of bad input share."""

from __future__ import annotations

import pytest

from pancreassign.errors import InputError, PancreassignError


def table(genes, values, name="S1"):
    return [["gene_id", name], *zip(genes, values, strict=True)]


def refused(read, path, kind=InputError, **options):
    """The one error for ``path``: it names the file and says how to mend it."""
    with pytest.raises(PancreassignError) as caught:
        read(path, **options)
    error = caught.value
    assert type(error) is kind
    assert error.where == str(path)
    assert error.mend
    assert len(str(error)) < 600
    return error
