#!/usr/bin/env bash
# Makes the pictures of the README again: docs/images. Needs a release build, and Chromium (Debian: chromium) for the report.
set -euo pipefail
cd "$(dirname "$0")/.."
cofil="${CARGO_TARGET_DIR:-target}/release/cofil"
folder=$(mktemp -d)
mkdir -p docs/images
"$cofil" quickstart -o "$folder" > /dev/null
cp "$folder/matrix.svg" docs/images/matrix.svg
"$cofil" compare datasets/debian/links.csv.zst -a popularity,item-knn,ease,slim --report "$folder/report.html" > /dev/null
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1140,640 \
    --screenshot=docs/images/report.png "file://$folder/report.html"
rm -r "$folder"
