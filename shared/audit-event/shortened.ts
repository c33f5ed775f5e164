/** Returns a text as it is, or if it is longer its beginning and an ellipsis; never half a surrogate pair. */
export const shortened = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
