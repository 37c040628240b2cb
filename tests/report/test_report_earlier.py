"""A record that an earlier version wrote still loads, and renders in every language from its JSON alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pancreassign.errors import RecordError
from pancreassign.records import Prediction
from pancreassign.report.pdf import Renderer

RECORDS = sorted((Path(__file__).parents[1] / "fixtures" / "records").glob("*.json.gz"))


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_an_earlier_record_renders(path: Path, lang: str) -> None:
    text = gzip.decompress(path.read_bytes())
    assert Renderer(lang).render(Prediction.from_json(text)).startswith(b"%PDF-")


def test_there_are_earlier_records() -> None:
    assert len(RECORDS) >= 2


def test_a_record_of_a_newer_schema_is_refused_with_the_mend() -> None:
    record = json.loads(gzip.decompress(RECORDS[-1].read_bytes()))
    with pytest.raises(RecordError, match=r"of schema pancreassign/prediction/2.*newer version"):
        Prediction.from_json(json.dumps({**record, "schema": "pancreassign/prediction/2"}))
    with pytest.raises(RecordError, match=r"at drugs\.0\.hope"):
        drugs = [{**record["drugs"][0], "hope": 1}, *record["drugs"][1:]]
        Prediction.from_json(json.dumps({**record, "drugs": drugs}))
