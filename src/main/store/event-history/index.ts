/** Events beyond the hour they live in the API. */
export { startEventHistory } from './event-history.ts';
export { readEventHistory, type HistoricEvent, type HistoryQuery } from './read-event-history.ts';
