"use strict";

// Relative to this file, wherever the page is served.
const here = new URL(".", document.currentScript.src);

SwaggerUIBundle({
  url: new URL("openapi.json", here).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: "none", // It would send the document to another site.
});
