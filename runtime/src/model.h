/* Checks of a model's tables that the parts of a call share. */
#ifndef RONDO_SRC_MODEL_H
#define RONDO_SRC_MODEL_H

#include "rondo/rondo.h"

/* What a call checks of its model and entry point: neither is NULL, the version, the limits. */
rondo_status rondo_check_entry(const rondo_model *model, const rondo_entry *entry, rondo_error *error);

/* The index of an entry point's first state among its sizes: they follow those of results. */
uint32_t rondo_first_state_size(const rondo_entry *entry);

#endif
