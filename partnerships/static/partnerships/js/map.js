/* The map with Leaflet, in the place of the drawing from the server, and the lists beside it made to answer at once.

   Whatever fails here leaves the drawing and the lists as they are, and both do without this script. */
"use strict";

(() => {
  const frame = document.querySelector("[data-map]");
  if (!frame || !window.L) return;

  const USUAL = [[10, 118], [66, 300]];
  const WHOLE = [[-30, 96], [79, 322]];
  const LIFT = 0.24; // as in maps.py
  const LAYERS = 12; // arcs are drawn in so many strokes: where these lie over one another they add up
  const NEAR = 12; // pixels around a place that count as the place

  const first = (selector) => document.querySelector(selector);
  const heading = first("#map-ties");
  const list = first("#map-ties ~ .map-list");
  const said = first("[data-map-said]");
  const chosenLine = first("[data-map-chosen]");
  const narrow = first("[data-map-narrow]");
  const shores = first(".map-shores");
  const everything = { heading: heading.textContent, items: [...list.childNodes] };

  // --- Data -------------------------------------------------------------------------------------------------------

  function understood(data) {
    const places = data.places.map(([slug, name, region, shore, longitude, latitude]) => ({
      slug, name, region, shore, records: new Set(),
      latLng: L.latLng(latitude, longitude),
      point: L.CRS.EPSG3857.latLngToPoint(L.latLng(latitude, longitude), 0),
    }));
    const pairs = data.pairs.map(([jp, us, records]) => {
      for (const end of [places[jp], places[us]]) for (const record of records) end.records.add(record);
      return { jp: places[jp], us: places[us], count: records.length };
    });
    return { places, pairs, records: data.partnerships };
  }

  // In pixels; places grow with the scale, but more slowly.
  const growth = (map) => Math.min(2 ** (0.4 * Math.max(0, map.getZoom() - map.options.usualZoom)), 3);
  const radius = (place, map) => Math.min(1.2 + 0.7 * Math.sqrt(place.records.size), 6) * growth(map);

  // --- Arcs and places on one canvas -------------------------------------------------------------------------------

  const TiesLayer = L.Renderer.extend({
    initialize(atlas) {
      L.Renderer.prototype.initialize.call(this, { pane: "ties", padding: 0.2 });
      this.atlas = atlas;
      this.chosen = null; // a set of places
    },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
    },

    _destroyContainer() {
      this._container.remove();
    },

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      this._container.width = size.x * ratio;
      this._container.height = size.y * ratio;
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this.draw();
    },

    choose(places) {
      this.chosen = places;
      this.draw();
    },

    draw() {
      const context = this._container.getContext("2d");
      const ratio = window.devicePixelRatio || 1;
      const style = getComputedStyle(frame);
      const colour = (name) => style.getPropertyValue(name).trim();
      const colours = { jp: colour("--vermilion"), us: colour("--indigo"), paper: colour("--paper") };
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this._container.width, this._container.height);
      const corner = this._map.getPixelOrigin().add(this._bounds.min);
      context.setTransform(ratio, 0, 0, ratio, -corner.x * ratio, -corner.y * ratio);
      this.view = { scale: 2 ** this._map.getZoom(), corner, size: this._bounds.getSize() };

      const isLit = (pair) => this.chosen !== null && (this.chosen.has(pair.jp) || this.chosen.has(pair.us));
      const lit = this.atlas.pairs.filter(isLit);
      const others = this.chosen ? this.atlas.pairs.filter((pair) => !isLit(pair)) : this.atlas.pairs;
      const weight = (arcs) => Math.min(1, 150 / arcs.length + 0.2); // so that many do not make one dark band
      this.drawArcs(context, others, colours.us, (this.chosen ? 0.06 : 0.3) * weight(others));
      this.drawArcs(context, lit, colours.jp, 0.75 * weight(lit));

      const ends = new Set(lit.flatMap((pair) => [pair.jp, pair.us]));
      const inFront = this.chosen ? this.atlas.places.filter((place) => ends.has(place) || this.chosen.has(place)) : [];
      this.drawPlaces(context, this.atlas.places, colours, this.chosen ? 0.2 : 0.9);
      this.drawPlaces(context, inFront, colours, 1);
    },

    drawArcs(context, pairs, colour, alpha) {
      const { scale, corner, size } = this.view;
      const atOnce = Math.ceil(pairs.length / LAYERS);
      context.strokeStyle = colour;
      for (const [least, most, width] of [[1, 1, 0.9], [2, 3, 1.6], [4, Infinity, 2.6]]) {
        context.lineWidth = width;
        context.globalAlpha = Math.min(1, alpha * width ** 0.7);
        let waiting = 0;
        context.beginPath();
        for (const { jp, us, count } of pairs) {
          if (count < least || count > most) continue;
          const x = jp.point.x * scale, y = jp.point.y * scale, toX = us.point.x * scale, toY = us.point.y * scale;
          const lift = LIFT * Math.abs(toX - x);
          const isOutside = Math.max(x, toX) < corner.x || Math.min(x, toX) > corner.x + size.x
            || Math.max(y, toY) < corner.y || Math.min(y, toY) - lift > corner.y + size.y;
          if (isOutside) continue;
          context.moveTo(x, y);
          context.quadraticCurveTo((x + toX) / 2, (y + toY) / 2 - lift, toX, toY);
          if (++waiting === atOnce) {
            context.stroke();
            context.beginPath();
            waiting = 0;
          }
        }
        context.stroke();
      }
    },

    drawPlaces(context, places, colours, alpha) {
      const { scale } = this.view;
      context.globalAlpha = alpha;
      context.strokeStyle = colours.paper;
      context.lineWidth = 0.4 * growth(this._map);
      for (const shore of ["jp", "us"]) {
        context.fillStyle = colours[shore];
        context.beginPath();
        for (const place of places) {
          if (place.shore !== shore) continue;
          const x = place.point.x * scale, y = place.point.y * scale;
          const size = radius(place, this._map);
          context.moveTo(x + size, y);
          context.arc(x, y, size, 0, 2 * Math.PI);
        }
        context.fill();
        if (growth(this._map) > 1.3) context.stroke();
      }
    },
  });

  // --- The map -----------------------------------------------------------------------------------------------------

  function show(atlas, [land, states, prefectures]) {
    frame.replaceChildren();
    frame.setAttribute("role", "application");
    frame.setAttribute("aria-label", frame.dataset.label);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(frame, {
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, zoomSnap: 0, zoomDelta: 0.5, maxZoom: 9,
      zoomAnimation: !isCalm, fadeAnimation: !isCalm, inertia: !isCalm, maxBounds: WHOLE, maxBoundsViscosity: 1,
    });
    map.createPane("ties");
    L.control.zoom({ zoomInTitle: frame.dataset.zoomIn, zoomOutTitle: frame.dataset.zoomOut }).addTo(map);
    // The wheel scrolls the page until somebody turns to the map.
    map.on("focus", () => map.scrollWheelZoom.enable()).on("blur", () => map.scrollWheelZoom.disable());
    const places = L.latLngBounds(USUAL);
    for (const place of atlas.places) places.extend(place.latLng);
    map.fitBounds(places, { animate: false });
    map.options.usualZoom = map.getBoundsZoom(USUAL);
    map.setMinZoom(Math.min(map.getZoom(), map.options.usualZoom) - 0.25);
    if (frame.dataset.tiles) {
      const host = new URL(frame.dataset.tiles).host;
      L.tileLayer(frame.dataset.tiles, { attribution: host }).addTo(map);
      L.control.attribution({ prefix: false }).addTo(map);
    }
    const plain = (className) => ({ style: { className, weight: 1 } });
    L.geoJSON(land, { ...plain("map-land"), interactive: false }).addTo(map);
    const regions = [L.geoJSON(states, plain("map-us")), L.geoJSON(prefectures, plain("map-jp"))];
    for (const layer of regions) layer.addTo(map);
    const ties = new TiesLayer(atlas).addTo(map);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) {
      matchMedia(query).addEventListener("change", () => ties.draw());
    }
    return { map, regions, ties };
  }

  function nearest(atlas, map, latLng) {
    const at = map.latLngToLayerPoint(latLng);
    let found = null, least = Infinity;
    for (const place of atlas.places) {
      const distance = at.distanceTo(map.latLngToLayerPoint(place.latLng));
      if (distance < least && distance <= Math.max(NEAR, radius(place, map))) [found, least] = [place, distance];
    }
    return found;
  }

  const inWords = (name, number) =>
    (number === 1 ? frame.dataset.one : frame.dataset.many)
      .replace("{number}", number.toLocaleString()).replace("{place}", name);

  // --- Choosing ----------------------------------------------------------------------------------------------------

  function connect(atlas, { map, regions, ties }) {
    let link = null; // of what is chosen, in the list

    const linkOf = (place) =>
      shores.querySelector(`[data-place="${place.slug}"]`) || shores.querySelector(`[data-region="${place.region}"]`);

    function chosenPlaces({ place, region }) {
      return new Set(atlas.places.filter((it) => (place ? it.slug === place : it.region === region)));
    }

    function choose(chosen) {
      if (!chosen) return clear();
      if (link) link.removeAttribute("aria-current");
      link = chosen;
      link.setAttribute("aria-current", "true");
      const within = link.closest("details");
      if (within) within.open = true;
      const places = chosenPlaces(link.dataset);
      ties.choose(places);
      mark(link.dataset.region);
      const numbers = [...new Set([...places].flatMap((place) => [...place.records]))].sort((a, b) => a - b);
      heading.textContent = inWords(link.textContent, numbers.length);
      list.replaceChildren(...numbers.map((number) => item(atlas.records[number])));
      list.scrollTop = 0;
      narrow.href = link.href;
      chosenLine.hidden = false;
    }

    function clear() {
      if (!link) return;
      link.removeAttribute("aria-current");
      link = null;
      ties.choose(null);
      mark(null);
      heading.textContent = everything.heading;
      said.textContent = frame.dataset.everything;
      list.replaceChildren(...everything.items);
      chosenLine.hidden = true;
    }

    function mark(region) {
      for (const layer of regions) {
        layer.eachLayer((it) => {
          const isChosen = it.feature.id === region;
          it.getElement()?.classList.toggle("map-region-chosen", isChosen);
          if (isChosen) it.bringToFront();
        });
      }
    }

    function item([slug, title, kind, language]) {
      const made = document.createElement("li");
      const record = document.createElement("a");
      record.href = frame.dataset.record.replace("slug", slug);
      record.textContent = title;
      if (language) record.lang = language;
      const about = document.createElement("span");
      about.className = "small";
      about.textContent = kind;
      made.append(record, about);
      return made;
    }

    function clicked(event) {
      const place = nearest(atlas, map, event.latlng);
      const region = event.propagatedFrom?.feature?.id;
      choose(place ? linkOf(place) : region && shores.querySelector(`[data-region="${region}"]`));
      if (link) said.textContent = heading.textContent;
    }

    map.on("click", clicked);
    for (const layer of regions) {
      layer.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        clicked(event);
      });
    }
    shores.addEventListener("click", (event) => {
      const target = event.target.closest("[data-place], [data-region]");
      if (!target || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      choose(target);
      said.textContent = "";
      heading.focus(); // which reads it out
    });
    first("[data-map-all]").addEventListener("click", () => {
      const before = link;
      clear();
      before.focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !link) return;
      const before = link;
      const wasBeside = !frame.contains(document.activeElement);
      clear();
      if (wasBeside) before.focus();
    });

    const name = L.tooltip({ direction: "top", offset: [0, -8] });
    map.on("mousemove", (event) => {
      const place = nearest(atlas, map, event.latlng);
      frame.classList.toggle("map-over-place", Boolean(place));
      if (!place) return name.close();
      name.setContent(document.createTextNode(inWords(place.name, place.records.size)));
      name.setLatLng(place.latLng).openOn(map);
    });
  }

  async function read(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response.json();
  }

  Promise.all([frame.dataset.map, ...frame.dataset.geography.split(" ")].map(read)).then(([data, ...geography]) => {
    const atlas = understood(data);
    connect(atlas, show(atlas, geography));
    frame.dataset.ready = "";
  });
})();
