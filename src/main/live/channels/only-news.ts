/** Lets a message pass only when it says something new; a later `asOf` alone is no news. */
export function onlyNews<M extends { asOf: string }>(): (message: M) => M | undefined {
  let last = '';
  return (message) => {
    const { asOf: _asOf, ...said } = message;
    const text = JSON.stringify(said);
    if (text === last) return undefined;
    last = text;
    return message;
  };
}
