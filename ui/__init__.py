"""What people see: Streamlit pages, charts, maps and texts in bokmål and English."""
