Feature: Ingress and TLS certificates
  Traefik receives the platform's traffic and gets its certificates through ACME.

  Background:
    Given Traefik answers through the load balancer

  @ac-4.1 @system-K3s
  Scenario: Traefik's Service has an external address
    Then its Service is of type LoadBalancer and has an external address
    And its Service keeps no client out, here and in production
    And production runs "traefik" as it was proven here
    And Traefik answers on each of these addresses

  @ac-4.2
  Scenario: An IngressRoute becomes a working route for its host and path
    Given a server pod that several scenarios share
    When an IngressRoute for a new host and the path "/some" is created
    Then requests for that host and path reach the pod
    And requests for another path or another host do not
    And a route could be added beside the platform's, and theirs be changed
    And production's Traefik is started with the same "providers." options
    And production runs "ingress" as it was proven here

  @ac-4.3
  Scenario: Plain HTTP is answered with 301 to HTTPS
    When each path of each host is requested over plain HTTP
    Then GET is answered with 301 to the same host, path and query over HTTPS
    And every other method is redirected to the same page over HTTPS
    And no route of the platform accepts plain HTTP, here and in production
    And production's Traefik is started with the same "entrypoints." options

  @ac-4.4 @system-LetsEncrypt
  Scenario: An IngressRoute that names a resolver gets a certificate through ACME
    Given a server pod that several scenarios share
    When an IngressRoute for a new host is created with the certificate resolver
    Then that host is served with a certificate issued for it by the environment's authority
    And each route of the platform names that resolver, here and in production
    And certificates are ordered for all of its routes' hosts, here and in production
    And no TLSStore holds a manually managed certificate, here and in production
    And no TLSStore's default certificate is for a routed host
    And production's Traefik orders its certificates from the environment's authority, for over 60 days

  @ac-4.5 @system-LetsEncrypt @disruptive @disturbs-traefik @needs-traefik
  Scenario: A certificate survives a restart of Traefik
    Given a server pod
    And a host with a certificate from the resolver "letsencrypt"
    And that certificate is in /data/acme.json on a persistent volume
    And the hosts of the platform's routes and their current certificates
    When Traefik is restarted
    Then the host is served with the same certificate
    And Traefik has not ordered another certificate for it
    And each host of the platform's routes is still served with its certificate
    And every ACME store is on a persistent volume, here and in production

  @ac-4.6 @system-LetsEncrypt @disruptive @disturbs-traefik
  Scenario: A certificate with less than 30 days left is renewed automatically
    Given a server pod
    And a host whose certificate has 29 days left and one whose certificate has 90
    When Traefik checks its certificates again
    Then the first host gets a new certificate automatically
    And the other host keeps its certificate
    And the resolver of the platform's routes has the same renewal options, here and in production

  @ac-4.7
  Scenario: TLS terminates at Traefik
    Given a server pod that several scenarios share
    When an IngressRoute for a new host and the path "/" is created
    Then a request over HTTPS reaches the pod as plain HTTP with the header X-Forwarded-Proto: https
    And every Service behind a route accepts plain HTTP
    And nothing bypasses Traefik's routes

  @ac-4.8 @needs-frontend-service
  Scenario: Requests for www reach the frontend
    Given the services' routes are deployed
    When uniquely marked requests are sent to each path of the host "www"
    Then old and new browsers that use HTTP/2 for the host "www" are answered by a pod of "frontend-service"
    And the requests are answered only by pods of "frontend-service"
    And every route that matches the host "www" leads only to the Service "frontend-service"
    And nothing along the way changes the requests for the host "www" or their responses
    And connections to each pod of "frontend-service" are left idle meanwhile
    And a request to the host "www" that takes 5 seconds to arrive gets the same status as a fast one
    And a request to the host "www" is answered while 120 other requests are still being sent
    And it is still answered after half of those requests are aborted midway
    And each idle connection carries another request, as the connections that Traefik keeps alive must

  @ac-4.9 @needs-backend-service
  Scenario: Requests for api reach the backend
    Given the services' routes are deployed
    When uniquely marked requests are sent to each path of the host "api"
    Then old and new browsers that use HTTP/2 for the host "api" are answered by a pod of "backend-service"
    And the requests are answered only by pods of "backend-service"
    And every route that matches the host "api" leads only to the Service "backend-service"
    And nothing along the way changes the requests for the host "api" or their responses
    And connections to each pod of "backend-service" are left idle meanwhile
    And a request to the host "api" that takes 5 seconds to arrive gets the same status as a fast one
    And a request to the host "api" is answered while 120 other requests are still being sent
    And it is still answered after half of those requests are aborted midway
    And each idle connection carries another request, as the connections that Traefik keeps alive must

  @ac-4.10 @needs-auth-service
  Scenario: Requests for auth reach the auth service
    Given the services' routes are deployed
    When uniquely marked requests are sent to each path of the host "auth"
    Then old and new browsers that use HTTP/2 for the host "auth" are answered by a pod of "auth-service"
    And the requests are answered only by pods of "auth-service"
    And every route that matches the host "auth" leads only to the Service "auth-service"
    And nothing along the way changes the requests for the host "auth" or their responses
    And connections to each pod of "auth-service" are left idle meanwhile
    And a request to the host "auth" that takes 5 seconds to arrive gets the same status as a fast one
    And a request to the host "auth" is answered while 120 other requests are still being sent
    And it is still answered after half of those requests are aborted midway
    And each idle connection carries another request, as the connections that Traefik keeps alive must

  @ac-4.11
  Scenario: Clients get 503 while a service has no healthy pod
    Given a server pod
    And a copy of each service that needs the database or the cache, with neither in reach
    When an IngressRoute for a new host and the path "/" is created
    Then requests for that host are answered with 200
    When the pod becomes unhealthy
    Then requests for that host are answered with 503, and with nothing else meanwhile
    When the pod is healthy again
    Then requests for that host are answered with 200
    And none of these copies is Ready, so none of them would receive traffic
    And an unhealthy pod of a service receives no traffic after half a minute, here and in production
    And the platform's routes would also answer with 503, here and in production
    And production's Traefik is started with the same "providers." options
