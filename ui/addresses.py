"""The pages: name of the file, address, and picture in the menu, in order."""

PAGES = (
    ("overview", "", ":material/home:"),
    ("region", "region", ":material/map:"),
    ("security", "sikkerhet", ":material/bolt:"),
    ("crises", "kriser", ":material/thunderstorm:"),
    ("measures", "tiltak", ":material/construction:"),
    ("run", "kjoring", ":material/play_circle:"),
    ("results", "resultat", ":material/monitoring:"),
    ("functions", "funksjoner", ":material/account_tree:"),
    ("compare", "sammenlign", ":material/balance:"),
    ("method", "metode", ":material/menu_book:"),
)
