"""All cases of functions.py, family by family."""

import warnings

from function_elements import casts, edges, elementwise, operators
from function_indices import indices, losses, selection, writes
from function_rows import norms, products, reductions
from function_shapes import creation, joins, shapes
from function_table import Table


def all_cases():
    table = Table()
    families = (
        elementwise,
        edges,
        operators,
        casts,
        reductions,
        norms,
        products,
        joins,
        shapes,
        creation,
        selection,
        indices,
        writes,
        losses,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the variance of one number
        for family in families:
            family(table)
    return table.cases
