# same-ir.sh FOLDER FILE...: each file compiles to the same phase `rondo` before and after `rondo fmt`, also when its
# blanks were others. What it uses is copied with it.
folder=$1
shift
for file in "$@"; do
  from=$(dirname "$file")
  name=$(basename "$from")/$(basename "$file")
  for kind in before after other; do
    for used in "" $(sed -n 's/^use "\(.*\)".*/\1/p' "$file"); do
      to=$folder/$kind/$(basename "$from")/${used:-$(basename "$file")}
      mkdir -p "$(dirname "$to")"
      cp "$from/${used:-$(basename "$file")}" "$to"
    done
  done
  sed 's/^  *//; s/, /,/g; s/ = /=/g' "$file" > "$folder/other/$name"
  rondo fmt "$folder/after/$name" "$folder/other/$name" || exit 1
  for kind in before after other; do
    rondo compile "$folder/$kind/$name" --emit=rondo -o "$folder/$kind/$name.mlir" || exit 1
  done
  for kind in after other; do
    cmp "$folder/before/$name.mlir" "$folder/$kind/$name.mlir" || { echo "$file: $kind"; exit 1; }
  done
done
