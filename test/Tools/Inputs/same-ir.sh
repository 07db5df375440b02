# same-ir.sh FOLDER FILE...: each file compiles to the same phase `rondo` before and after `rondo fmt`, also when its
# blanks were others.
folder=$1
shift
mkdir -p "$folder/before" "$folder/after" "$folder/other"
for file in "$@"; do
  name=$(basename "$file")
  cp "$file" "$folder/before/$name"
  cp "$file" "$folder/after/$name"
  sed 's/^  *//; s/, /,/g; s/ = /=/g' "$file" > "$folder/other/$name"
  rondo fmt "$folder/after/$name" "$folder/other/$name" || exit 1
  for kind in before after other; do
    rondo compile "$folder/$kind/$name" --emit=rondo -o "$folder/$kind/$name.mlir" || exit 1
  done
  for kind in after other; do
    cmp "$folder/before/$name.mlir" "$folder/$kind/$name.mlir" || { echo "$file: $kind"; exit 1; }
  done
done
