@system-Services @needs-frontend-service
Feature: Frontend service
  The frontend serves the site's pages from a static export.

  Background:
    Given the frontend is deployed

  @ac-10.1
  Scenario: The frontend runs as two or more replicas
    Then at least 2 of its pods are ready on different workers
    And nothing can scale it below 2 replicas, here and in production
    And each of these pods answers "/" individually

  @ac-10.2
  Scenario: It serves the files of a Next.js static export
    Then its pods all have the same Next.js static export
    And users get every file of the export unchanged
    And the export has every file that its pages reference or need
    And browsers ask again for files that are not there

  @ac-10.3
  Scenario: The frontend is served on port 3000 of the ClusterIP Service frontend-service
    Then its Service is of type ClusterIP and has port 3000
    And in production its Service is of that type, leads to its pods, and has port 3000
    And production runs "frontend-service" as it was proven here
    And a pod on each worker gets an answer from "http://frontend-service:3000/"

  @ac-10.4
  Scenario: The health probe GET / is answered with 200
    Then its probes use GET "/"
    And GET "/" is answered with 200
    And at each pod the kubelet gets what visitors get from GET "/"
    And at each pod visitors of every network get the same from GET "/"

  @ac-10.5
  Scenario: / is the home page
    When the page "/" is opened in a browser
    Then it is the site's page for "/", with the logo
    And it does not have the title, text or look of another page of the site
    And whoever comes back sees it, too: on a large screen, in dark mode, in German, with a link of a mail
    And everything that it loads comes from the site with status 200 and the right media type
    And it and everything that it loads are the same on every request
    And many visits to it all get the same page
    And every visitor gets it, regardless of language, device or how they arrived
    And a returning visitor's browser revalidates it after an hour at the latest

  @ac-10.6
  Scenario: /consulting is the consulting page
    When the page "/consulting" is opened in a browser
    Then it is the site's page for "/consulting", with the logo
    And it does not have the title, text or look of another page of the site
    And whoever comes back sees it, too: on a large screen, in dark mode, in German, with a link of a mail
    And everything that it loads comes from the site with status 200 and the right media type
    And it and everything that it loads are the same on every request
    And many visits to it all get the same page
    And every visitor gets it, regardless of language, device or how they arrived
    And a returning visitor's browser revalidates it after an hour at the latest

  @ac-10.7
  Scenario: /products is the products page
    When the page "/products" is opened in a browser
    Then it is the site's page for "/products", with the logo
    And it does not have the title, text or look of another page of the site
    And whoever comes back sees it, too: on a large screen, in dark mode, in German, with a link of a mail
    And everything that it loads comes from the site with status 200 and the right media type
    And it and everything that it loads are the same on every request
    And many visits to it all get the same page
    And every visitor gets it, regardless of language, device or how they arrived
    And a returning visitor's browser revalidates it after an hour at the latest

  @ac-10.8
  Scenario: /products/web-services is the web-services page
    When the page "/products/web-services" is opened in a browser
    Then it is the site's page for "/products/web-services", with the logo
    And it does not have the title, text or look of another page of the site
    And whoever comes back sees it, too: on a large screen, in dark mode, in German, with a link of a mail
    And everything that it loads comes from the site with status 200 and the right media type
    And it and everything that it loads are the same on every request
    And many visits to it all get the same page
    And every visitor gets it, regardless of language, device or how they arrived
    And a returning visitor's browser revalidates it after an hour at the latest

  @ac-10.9
  Scenario Outline: Static assets are served with the right Content-Type
    Then <asset> is served as "<type>"
    And everything that a browser loads with the home page has the media type that its name implies

    Examples:
      | asset                          | type                |
      | "/assets/logo.svg"             | image/svg+xml       |
      | every file that the pages name | what its name says  |
