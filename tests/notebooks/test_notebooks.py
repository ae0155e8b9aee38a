"""Every notebook runs from top to bottom, and reads well as it was committed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# In a process of its own: the client leaves sockets to the collector. The kernel is the Python that runs the tests,
# whatever kernels the machine knows, and is reached by files, since a port could be anybody's.
EXECUTE = """
import sys
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

class ThisPython(AsyncKernelManager):
    @property
    def kernel_spec(self):
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="this", language="python")

source, made, folder = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
manager = ThisPython(transport="ipc", ip=folder + "/k")
NotebookClient(notebook, timeout=120, km=manager, resources={"metadata": {"path": folder}}).execute()
nbformat.write(notebook, made)
"""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.slow
def test_a_notebook_runs_on_media_that_it_makes_itself(path, notebook, tmp_path):
    made = tmp_path / path.name
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, path, made, tmp_path], env=env, capture_output=True, text=True, timeout=200
    )

    assert done.returncode == 0, done.stderr[-3000:]
    outputs = [cell.outputs for cell in code(nbformat.read(made, as_version=4))]
    assert [bool(one) for one in outputs] == [bool(cell.outputs) for cell in code(notebook)]


def test_a_committed_notebook_has_outputs_and_no_errors(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]

    assert all(cell.outputs for cell in code(notebook))
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_a_committed_notebook_holds_no_state_of_widgets(notebook):
    assert "widgets" not in notebook.metadata


def test_a_committed_notebook_loads_nothing_from_elsewhere(notebook):
    shown = json.dumps([output for cell in code(notebook) for output in cell.outputs])

    assert not [word for word in ("http://", "https://", "<script", "<link", "@import") if word in shown]


def test_there_is_a_notebook():
    assert NOTEBOOKS
