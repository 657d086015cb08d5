import type { GeoLocation } from '@gatehouse/platform';

/** A position on the surface of the earth, in degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Returns the position of a place; undefined if it is unknown. */
export function positionOf(place: GeoLocation | undefined): Position | undefined {
  const { latitude, longitude } = place ?? {};
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Mean radius of the earth in kilometres. */
const EARTH_RADIUS_KM = 6371.009;
/** Kilometres that a traveller can cover in an hour, by plane. */
const TRAVEL_SPEED_KMH = 1000;
const HOUR_MS = 3_600_000;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Returns the distance of two positions on the surface of the earth, in kilometres (haversine formula). */
export function distanceKm(a: Position, b: Position): number {
  const sinLatitude = Math.sin(radians(b.latitude - a.latitude) / 2);
  const sinLongitude = Math.sin(radians(b.longitude - a.longitude) / 2);
  const cosines = Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude));
  const chord = sinLatitude ** 2 + cosines * sinLongitude ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/**
 * Returns how many kilometres a traveller can cover between two times. Only whole hours count, and at least one, so
 * that two logins in quick succession may be up to 1000 km apart.
 */
export const reachKm = (from: Date, to: Date): number =>
  TRAVEL_SPEED_KMH * Math.max(1, Math.floor((to.getTime() - from.getTime()) / HOUR_MS));
