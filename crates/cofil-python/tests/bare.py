"""With NumPy alone: from rows to a list, to a file and back. Run by `./check python` in an environment without more."""

import importlib.util
import tempfile

import numpy

import cofil

for library in ("pandas", "polars", "pyarrow"):
    assert importlib.util.find_spec(library) is None, f"{library} is there"

rows = {"user": ["ann", "ann", "bob", "bob", "cat"], "item": ["tea", "jam", "tea", "rye", "jam"]}
model = cofil.Ials(factors=2, epochs=3).fit(rows)
found = model.recommend("cat", n=1)
assert found[0].item in ("tea", "rye") and "score" in repr(found)
assert model.predict({"user": numpy.array(["ann"]), "item": numpy.array(["rye"])})[0].prediction is not None
with tempfile.TemporaryDirectory() as folder:
    model.save(f"{folder}/m")
    assert cofil.load(f"{folder}/m").recommend("cat", n=1).to_dict() == found.to_dict()
print(f"cofil {cofil.__version__} works with NumPy {numpy.__version__} alone")
