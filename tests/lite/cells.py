"""In the browser's Python: run the cells of a notebook as JupyterLite does; their outputs."""

import json
import os
import time

import pyodide_kernel

outputs = []


def stream(name, text):
    outputs.append({"output_type": "stream", "name": name, "text": text})


def display(data, metadata, transient=None):
    outputs.append({"output_type": "display_data", "data": dict(data), "metadata": {}})


def result(count, data, metadata):
    outputs.append({"output_type": "execute_result", "data": dict(data), "metadata": {}})


async def run(sources):
    kernel = pyodide_kernel.kernel_instance
    shell = kernel.interpreter
    shell.send_comm = lambda *message: None
    pyodide_kernel.stdout_stream.publish_stream_callback = stream
    pyodide_kernel.stderr_stream.publish_stream_callback = stream
    shell.display_pub.display_data_callback = display
    shell.displayhook.publish_execution_result = result
    told = []
    for source in sources:
        outputs.clear()
        start = time.perf_counter()
        status = await kernel.run(source)
        if status["status"] == "error":
            error = {key: str(status[key]) for key in ("ename", "evalue")}
            outputs.append({"output_type": "error", **error})
        seconds = time.perf_counter() - start
        told.append({"seconds": seconds, "outputs": list(outputs)})
        if status["status"] == "error":
            break
    return json.dumps(told)


given = json.loads(argument)  # noqa: F821
os.environ.update(given.get("environment", {}))
await run(given["sources"])  # noqa: F704
