Feature: Ingress and TLS certificates
  Traefik takes the platform's traffic, with certificates that it orders by ACME.

  Background:
    Given Traefik answers through the load balancer

  @ac-4.1 @system-K3s
  Scenario: Traefik's Service has an external address
    Then its Service is of type LoadBalancer and has an external address
    And Traefik answers on each of these addresses

  @ac-4.2
  Scenario: An IngressRoute becomes a working route for its host and path
    Given a server pod that several scenarios have routes to
    When an IngressRoute for a new host and the path "/some" is created
    Then requests for that host and path reach the pod
    And requests for another path or another host do not
    And production's Traefik is started with the same options of "providers."

  @ac-4.3
  Scenario: Plain HTTP is answered with 301 to HTTPS
    When each path of each host is asked for over plain HTTP
    Then GET is answered with 301 to the same host, path and query over HTTPS
    And no other method is answered in clear
    And no route of the platform takes requests in clear, here and in production
    And production's Traefik is started with the same options of "entrypoints."

  @ac-4.4 @system-LetsEncrypt
  Scenario: An IngressRoute that names a resolver gets a certificate by ACME
    Given a server pod that several scenarios have routes to
    When an IngressRoute for a new host names the certificate resolver
    Then that host is served with a certificate that the environment's authority issued for it
    And each route of the platform names that resolver, here and in production
    And no certificate is kept by hand beside those

  @ac-4.5 @system-LetsEncrypt @disruptive @disturbs-traefik @needs-traefik
  Scenario: A certificate survives a restart of Traefik
    Given a server pod
    And a host with a certificate from the resolver "letsencrypt"
    And that certificate is in /data/acme.json on a persistent volume
    And the hosts of the platform's routes, with their certificates
    When Traefik is restarted
    Then the host is served with the same certificate
    And Traefik ordered none for it again
    And each host of the platform's routes is served with the same certificate
    And every store of certificates is on a persistent volume, here and in production

  @ac-4.6 @system-LetsEncrypt @disruptive @disturbs-traefik
  Scenario: A certificate with less than 30 days left is renewed without anyone acting
    Given a server pod
    And a host whose certificate has 29 days left and a host whose certificate has 90
    When Traefik looks at its certificates again
    Then the first host gets a new certificate by itself
    And the other host keeps its certificate
    And the resolver of the platform's routes renews as the one that was seen to, here and in production

  @ac-4.7
  Scenario: TLS ends at Traefik
    Given a server pod that several scenarios have routes to
    When an IngressRoute for a new host and the path "/" is created
    Then a request over HTTPS reaches the pod as plain HTTP, marked as forwarded from HTTPS
    And every Service behind a route takes plain HTTP
    And nothing leads requests past Traefik's routes

  @ac-4.8 @needs-frontend-service
  Scenario: Requests for www reach the frontend
    Given the services are routed
    When requests with marks of their own are sent to each path of the host "www"
    Then a browser, old or new, which speaks HTTP/2 to the host "www", is answered by a pod of "frontend-service"
    And each of them is answered by a pod of "frontend-service", and by no other
    And every route that takes the host "www" leads to the Service "frontend-service" alone
    And nothing on the way changes the requests for the host "www" or their answers
    And connections to each pod of "frontend-service" that are left alone meanwhile
    And a request for the host "www" that takes 5 seconds to come is answered as one that comes at once
    And it answers the host "www" beside 120 others whose requests are still on their way
    And it still does when half of these have hung up in the midst of them
    And each of these connections carries another request, as those that Traefik keeps have to

  @ac-4.9 @needs-backend-service
  Scenario: Requests for api reach the backend
    Given the services are routed
    When requests with marks of their own are sent to each path of the host "api"
    Then a browser, old or new, which speaks HTTP/2 to the host "api", is answered by a pod of "backend-service"
    And each of them is answered by a pod of "backend-service", and by no other
    And every route that takes the host "api" leads to the Service "backend-service" alone
    And nothing on the way changes the requests for the host "api" or their answers
    And connections to each pod of "backend-service" that are left alone meanwhile
    And a request for the host "api" that takes 5 seconds to come is answered as one that comes at once
    And it answers the host "api" beside 120 others whose requests are still on their way
    And it still does when half of these have hung up in the midst of them
    And each of these connections carries another request, as those that Traefik keeps have to

  @ac-4.10 @needs-auth-service
  Scenario: Requests for auth reach the auth service
    Given the services are routed
    When requests with marks of their own are sent to each path of the host "auth"
    Then a browser, old or new, which speaks HTTP/2 to the host "auth", is answered by a pod of "auth-service"
    And each of them is answered by a pod of "auth-service", and by no other
    And every route that takes the host "auth" leads to the Service "auth-service" alone
    And nothing on the way changes the requests for the host "auth" or their answers
    And connections to each pod of "auth-service" that are left alone meanwhile
    And a request for the host "auth" that takes 5 seconds to come is answered as one that comes at once
    And it answers the host "auth" beside 120 others whose requests are still on their way
    And it still does when half of these have hung up in the midst of them
    And each of these connections carries another request, as those that Traefik keeps have to

  @ac-4.11
  Scenario: Clients get 503 while a service has no healthy pod
    Given a server pod
    And a copy of each service that reaches neither database nor cache
    When an IngressRoute for a new host and the path "/" is created
    Then requests for that host are answered with 200
    When the pod is no longer healthy
    Then requests for that host are answered with 503, and with nothing else meanwhile
    When the pod is healthy again
    Then requests for that host are answered with 200
    And none of these copies is ready, to be sent the clients of a service
    And a pod of a service that is not well is sent no clients after half a minute, here and in production
    And the platform's routes would answer so, too, here and in production
    And production's Traefik is started with the same options of "providers."
