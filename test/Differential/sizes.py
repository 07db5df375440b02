"""Sizes of axes: polynomials of dimension variables, equal if the compiler says that they are."""


class Size:
    """A sum of products: `terms` maps sorted tuples of dimension variables to their factors."""

    def __init__(self, terms):
        self.terms = {names: factor for names, factor in terms.items() if factor}

    @staticmethod
    def of(value):
        """A number, the name of a dimension variable, or a size."""
        if isinstance(value, Size):
            return value
        return Size({(): value} if isinstance(value, int) else {(value,): 1})

    def __add__(self, other):
        terms = dict(self.terms)
        for names, factor in Size.of(other).terms.items():
            terms[names] = terms.get(names, 0) + factor
        return Size(terms)

    def __sub__(self, other):
        return self + Size.of(other) * -1

    def __mul__(self, other):
        terms = {}
        for left, a in self.terms.items():
            for right, b in Size.of(other).terms.items():
                names = tuple(sorted(left + right))
                terms[names] = terms.get(names, 0) + a * b
        return Size(terms)

    __radd__, __rmul__ = __add__, __mul__

    @property
    def constant(self):
        """The number that it is; None if it is open."""
        return self.terms.get((), 0) if all(names == () for names in self.terms) else None

    @property
    def dims(self):
        return {name for names in self.terms for name in names}

    def at(self, dims):
        """Its value at sizes of the dimension variables."""
        total = 0
        for names, factor in self.terms.items():
            for name in names:
                factor *= dims[name]
            total += factor
        return total

    def __eq__(self, other):
        return isinstance(other, (Size, int, str)) and self.terms == Size.of(other).terms

    def __hash__(self):
        return hash(frozenset(self.terms.items()))

    def __str__(self):
        if not self.terms:
            return "0"
        text = ""
        for names, factor in sorted(self.terms.items(), key=lambda term: (-len(term[0]), term[0])):
            product = " * ".join(([str(abs(factor))] if abs(factor) != 1 or not names else []) + list(names))
            text += (" - " if factor < 0 else " + ") + product if text else ("-" if factor < 0 else "") + product
        return text

    __repr__ = __str__


def shape(*sizes):
    return tuple(Size.of(size) for size in sizes)
