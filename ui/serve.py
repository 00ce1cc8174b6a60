"""Start the pages: Streamlit in its own process, on this machine only."""

import subprocess
import sys
from pathlib import Path

APP = Path(__file__).parent / "app.py"


def serve(port: int, *, open_browser: bool) -> int:
    """Serve the pages until stopped; return the process' exit code.

    The address is set in ``ui/.streamlit/config.toml``, which Streamlit reads because it
    lies beside the page that is started.
    """
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    command += ["--server.headless", "false" if open_browser else "true"]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603 -- our own pages
    except KeyboardInterrupt:
        return 0
