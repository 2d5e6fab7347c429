import type { KeyPlace } from "./key-place.ts";

export type Custody = KeyPlace["custody"];

export type KeyPlaces = Readonly<Record<Custody, KeyPlace>>;

/** The place of the key in use, which may become the other one while the app runs. */
export interface CustodyPlace extends KeyPlace {
  readonly places: KeyPlaces;
  switchTo(custody: Custody): void;
}

/** The place that the custody names, and from `switchTo` on the one that it names then. */
export function custodyPlace(places: KeyPlaces, custody: Custody): CustodyPlace {
  let place = places[custody];
  return {
    places,
    switchTo: (to) => (place = places[to]),
    get custody() {
      return place.custody;
    },
    get noun() {
      return place.noun;
    },
    get back() {
      return place.back;
    },
    get fixed() {
      return place.fixed;
    },
    read: () => place.read(),
    create: () => place.create(),
    readNext: () => place.readNext(),
    writeNext: (key) => place.writeNext(key),
    promoteNext: () => place.promoteNext(),
    discardNext: () => place.discardNext(),
    put: (key, now) => place.put(key, now),
    remove: () => place.remove(),
  };
}
