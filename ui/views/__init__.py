"""One page a file, run by Streamlit as a script; ``ui/app.py`` names their addresses."""
