import type { Column } from '../../ui/table/table-model.ts';

/** Columns that many lists share, drawn by `CommonCell`. */
export const NAME: Column = { id: 'name', label: 'Name', width: 220, grows: true, sort: 'name' };
export const NAMESPACE: Column = { id: 'namespace', label: 'Namespace', width: 112, sort: 'namespace' };
export const STATE: Column = { id: 'state', label: 'State', width: 168, sort: 'state' };
export const AGE: Column = { id: 'age', label: 'Age', width: 72, align: 'end', sort: 'age' };
export const IMAGES: Column = { id: 'images', label: 'Images', width: 220 };

/** What the state means in plain words; off until asked for, since the state's own cell says it on hover. */
export const WHY: Column = { id: 'why', label: 'What it means', width: 320, hidden: true };
