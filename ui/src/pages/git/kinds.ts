/** The colours of what happened to a file. */
export const KIND_COLORS = { added: 'success', changed: 'brand', deleted: 'danger' } as const;
