/**
 * What every way of drawing a map can do. Types only, in a file of their own: the ways must not import map.js.
 *
 * @typedef {[number, number]} Place longitude, latitude in WGS 84
 * @typedef {object} Drawing
 * @property {(areas: object) => void} areas
 * @property {(points: object) => void} points
 * @property {(place: Place) => void} pin
 * @property {(place: Place) => void} look
 */
export {};
